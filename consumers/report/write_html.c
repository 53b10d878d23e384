/* One page that prints well, in Chinese, with nothing to fetch: no script, no font, no picture from
 * elsewhere. Charts are SVG in the page. */
#include "consumers/report/document.h"
#include "proto/base/text.h"

#include <math.h>
#include <string.h>

static const char style[] =
    "body{font:15px/1.6 'Noto Sans CJK SC','Source Han Sans SC','Microsoft YaHei',sans-serif;"
    "color:#1c2733;max-width:1180px;margin:2em auto;padding:0 1.2em}"
    "h1{font-size:1.7em;margin:0}h2{font-size:1.2em;margin:2em 0 .4em;border-bottom:2px solid "
    "#2f5d8a;padding-bottom:.2em}.sub{color:#5a6b7b;margin:.2em 0 1.5em}"
    "table{border-collapse:collapse;width:100%;font-size:.86em}th,td{border:1px solid #cdd6df;"
    "padding:.25em .5em;text-align:left;vertical-align:top}th{background:#eef2f6;font-weight:600}"
    "small{display:block;color:#5a6b7b;font-size:.88em;overflow-wrap:anywhere}"
    "td:first-child{min-width:9em}td.good,td.fair,td.poor{min-width:5em}"
    "td.n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2em 1.2em;margin:0}"
    "dt{color:#5a6b7b}dd{margin:0;overflow-wrap:anywhere}.note{color:#5a6b7b;margin:.2em 0 .6em}"
    ".good{background:#e2f0e2}.fair{background:#fdf3da}.poor{background:#f8e0dc}"
    ".charts{display:flex;flex-wrap:wrap;gap:1em}figure{margin:0;flex:1 1 340px;max-width:560px}"
    "figcaption{font-size:.86em;color:#5a6b7b}svg{width:100%;height:auto}"
    ".wide{overflow-x:auto}"
    "@media print{body{margin:0;max-width:none;font-size:11px}h2{break-after:avoid}"
    "tr,figure{break-inside:avoid}thead{display:table-header-group}.wide{overflow:visible}}"
    "@page{size:A4 landscape;margin:14mm}";

static void put(FILE *file, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '<':
            fputs("&lt;", file);
            break;
        case '>':
            fputs("&gt;", file);
            break;
        case '&':
            fputs("&amp;", file);
            break;
        case '"':
            fputs("&quot;", file);
            break;
        default:
            fputc(*text, file);
        }
    }
}

static void put_element(FILE *file, const char *tag, const char *text)
{
    fprintf(file, "<%s>", tag);
    put(file, text);
    fprintf(file, "</%s>\n", tag);
}

/* --- charts ------------------------------------------------------------------------------------- */

enum { WIDTH = 520, HEIGHT = 240, LEFT = 48, RIGHT = 60, TOP = 16, BOTTOM = 28, PATH_STEPS = 24 };

struct frame {
    double t0, t1, y0, y1;
};

static double x_of(const struct frame *frame, double t)
{
    return LEFT + (t - frame->t0) / (frame->t1 - frame->t0) * (WIDTH - LEFT - RIGHT);
}

static double y_of(const struct frame *frame, double y)
{
    return HEIGHT - BOTTOM - (y - frame->y0) / (frame->y1 - frame->y0) * (HEIGHT - TOP - BOTTOM);
}

static double path_at(const struct chart *chart, double t)
{
    double share = (t - chart->t0) / (chart->tT - chart->t0);
    if (chart->is_geometric && chart->y0 > 0 && chart->yT > 0)
        return chart->y0 * pow(chart->yT / chart->y0, share);
    return chart->y0 + (chart->yT - chart->y0) * share;
}

static struct frame frame_of(const struct chart *chart)
{
    struct frame frame = {chart->t0, chart->tT, fmin(chart->y0, chart->yT),
                          fmax(chart->y0, chart->yT)};
    for (size_t i = 0; i < chart->count; i++) {
        frame.t0 = fmin(frame.t0, chart->years[i]);
        frame.t1 = fmax(frame.t1, chart->years[i]);
        frame.y0 = fmin(frame.y0, chart->values[i]);
        frame.y1 = fmax(frame.y1, chart->values[i]);
    }
    double room = (frame.y1 - frame.y0) * 0.08;
    frame.y0 -= room;
    frame.y1 += room;
    if (frame.y1 <= frame.y0)
        frame.y1 = frame.y0 + 1;
    if (frame.t1 <= frame.t0)
        frame.t1 = frame.t0 + 1;
    return frame;
}

static void put_axes(FILE *file, const struct frame *frame)
{
    for (double year = ceil(frame->t0); year <= frame->t1; year++) {
        bool is_shown = frame->t1 - frame->t0 <= 8 || fmod(year, 5) == 0;
        if (is_shown)
            fprintf(file,
                    "<text x='%.1f' y='%d' font-size='11' fill='#5a6b7b' "
                    "text-anchor='middle'>%.0f</text>",
                    x_of(frame, year), HEIGHT - 10, year);
    }
    fprintf(file, "<line x1='%d' y1='%d' x2='%d' y2='%d' stroke='#9aa8b5'/>", LEFT, HEIGHT - BOTTOM,
            WIDTH - RIGHT, HEIGHT - BOTTOM);
}

static void put_path(FILE *file, const struct frame *frame, const struct chart *chart)
{
    fputs(
        "<polyline fill='none' stroke='#9aa8b5' stroke-dasharray='5 4' stroke-width='1.5' points='",
        file);
    for (int i = 0; i <= PATH_STEPS; i++) {
        double t = chart->t0 + (chart->tT - chart->t0) * i / PATH_STEPS;
        fprintf(file, "%.1f,%.1f ", x_of(frame, t), y_of(frame, path_at(chart, t)));
    }
    char target[TEXT_NUMBER_BYTES];
    fprintf(file, "'/><text x='%.1f' y='%.1f' font-size='12' fill='#5a6b7b'>目标 %s</text>",
            x_of(frame, chart->tT) + 5, y_of(frame, chart->yT) + 4,
            text_format_number(chart->yT, 6, target));
}

static void put_points(FILE *file, const struct frame *frame, const struct chart *chart)
{
    fputs("<polyline fill='none' stroke='#2f5d8a' stroke-width='2' points='", file);
    for (size_t i = 0; i < chart->count; i++)
        fprintf(file, "%.1f,%.1f ", x_of(frame, chart->years[i]), y_of(frame, chart->values[i]));
    fputs("'/>", file);
    char value[TEXT_NUMBER_BYTES];
    for (size_t i = 0; i < chart->count; i++)
        fprintf(file,
                "<circle cx='%.1f' cy='%.1f' r='3.5' fill='#2f5d8a'/>"
                "<text x='%.1f' y='%.1f' font-size='11' text-anchor='middle'>%s</text>",
                x_of(frame, chart->years[i]), y_of(frame, chart->values[i]),
                x_of(frame, chart->years[i]), y_of(frame, chart->values[i]) - 8,
                text_format_number(chart->values[i], 6, value));
}

static void put_chart(FILE *file, const struct chart *chart)
{
    const struct frame frame = frame_of(chart);
    fprintf(file, "<figure><svg viewBox='0 0 %d %d' role='img' aria-label=\"", WIDTH, HEIGHT);
    put(file, chart->title);
    fputs("\">", file);
    put_axes(file, &frame);
    put_path(file, &frame, chart);
    put_points(file, &frame, chart);
    fputs("</svg><figcaption>", file);
    put(file, chart->title);
    fputs("（", file);
    put(file, chart->unit);
    fputs("）：实线为数据，虚线为应达进度</figcaption></figure>\n", file);
}

/* --- tables ------------------------------------------------------------------------------------- */

static void put_heads(FILE *file, const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->column_count; i++) {
        bool is_under = sheet->columns[i].is_under;
        fputs(is_under ? "<small>" : i ? "</th><th>" : "<th>", file);
        put(file, sheet->columns[i].title);
        fputs(is_under ? "</small>" : "", file);
    }
    fputs("</th>", file);
}

/* The column's cell, and in small letters those that belong under it. */
static void put_cell(FILE *file, const struct sheet *sheet, size_t column, const struct cell *cells)
{
    const char *class = sheet->columns[column].is_number ? "n" : cells[0].tone;
    if (*class)
        fprintf(file, "<td class=\"%s\">", class);
    else
        fputs("<td>", file);
    put(file, cells[0].text);
    for (size_t i = 1; column + i < sheet->column_count && sheet->columns[column + i].is_under; i++)
        if (*cells[i].text)
            put_element(file, "small", cells[i].text);
    fputs("</td>", file);
}

static void put_sheet(FILE *file, const struct sheet *sheet)
{
    put_element(file, "h2", sheet->title);
    if (*sheet->note) {
        fputs("<p class=\"note\">", file);
        put(file, sheet->note);
        fputs("</p>\n", file);
    }
    if (!sheet->cell_count) {
        put_element(file, "p", "无。");
        return;
    }
    fprintf(file, "<div class=\"wide\"><table id=\"%s\"><thead><tr>", sheet->id);
    put_heads(file, sheet);
    fputs("</tr></thead><tbody>\n", file);
    for (size_t i = 0; i < sheet->cell_count; i++) {
        size_t column = i % sheet->column_count;
        fputs(column ? "" : "<tr>", file);
        if (!sheet->columns[column].is_under)
            put_cell(file, sheet, column, &sheet->cells[i]);
        fputs(column + 1 == sheet->column_count ? "</tr>\n" : "", file);
    }
    fputs("</tbody></table></div>\n", file);
}

static void put_facts(FILE *file, const struct document *document)
{
    fputs("<dl>\n", file);
    for (size_t i = 0; i < document->fact_count; i++) {
        put_element(file, "dt", document->facts[i].title);
        put_element(file, "dd", document->facts[i].text);
    }
    fputs("</dl>\n", file);
}

enum err write_html(const struct document *document, const char *path, FILE *file)
{
    (void)path;
    fputs("<!DOCTYPE html>\n<html lang=\"zh-CN\"><head><meta charset=\"utf-8\">"
          "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n",
          file);
    put_element(file, "title", document->title);
    fprintf(file, "<style>%s</style></head><body>\n", style);
    put_element(file, "h1", document->title);
    fputs("<p class=\"sub\">", file);
    put(file, document->subtitle);
    fputs("</p>\n", file);
    put_facts(file, document);
    for (size_t i = 0; i < document->sheet_count; i++) {
        put_sheet(file, &document->sheets[i]);
        if (i || !document->charts)
            continue;
        fputs("<div class=\"charts\">\n", file);
        for (const struct chart *chart = document->charts; chart; chart = chart->next)
            put_chart(file, chart);
        fputs("</div>\n", file);
    }
    fputs("</body></html>\n", file);
    return ferror(file) ? ERR_IO : ERR_OK;
}
