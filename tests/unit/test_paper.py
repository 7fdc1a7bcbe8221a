"""Charts for papers: on white, at the width of a column, and text that stays text."""

import io

import pytest

from nas_core.charts import paper

OPTION = {
    "legend": {"type": "scroll", "top": 4, "data": [f"a strategy of some length, {k}" for k in range(5)]},
    "grid": {"top": 30, "left": 50},
    "xAxis": {"type": "value"},
    "yAxis": {"type": "value"},
    "series": [{"type": "line", "name": "a", "data": [[0, 1]], "animation": True}],
}


def test_a_legend_gets_the_lines_that_it_needs():
    narrow, low = paper.echarts(OPTION, 300, paper.pixels(88))
    wide, high = paper.echarts(OPTION, 300, paper.pixels(180))
    assert all(legend["type"] == "plain" for legend in narrow["legend"])
    assert [g["top"] for g in narrow["grid"]] == [5 * paper.LINE + paper.GAP]  # one name a line
    assert [g["top"] for g in wide["grid"]] == [2 * paper.LINE + paper.GAP]
    assert low - 300 == narrow["grid"][0]["top"] - 30 and high - 300 == wide["grid"][0]["top"] - 30
    assert narrow["backgroundColor"] == paper.PAPER and not narrow["animation"]
    assert OPTION["grid"] == {"top": 30, "left": 50} and OPTION["series"][0]["animation"]  # the page's own is as it was


def test_a_legend_on_a_page_has_no_pages_where_a_few_lines_hold_it():
    option = OPTION | {"legend": OPTION["legend"] | {"data": ["training", "validation", "of some more length", "test"]}}
    whole = paper.with_whole_legend(option)
    tops = [case["option"]["grid"]["top"] for case in whole["media"]]
    assert whole["legend"]["type"] == "plain" and tops == [30 + paper.LINE, 30 + paper.LINE, 30, 30, 30]
    assert [case["query"]["minWidth"] for case in whole["media"]] == [0, *paper.WIDTHS[1:]]
    long = OPTION | {"legend": OPTION["legend"] | {"data": [f"a network of some length, {k}" for k in range(9)]}}
    assert paper.with_whole_legend(long) == long


def test_text_is_printed_at_seven_points():
    assert list(paper.COLUMNS.values()) == [88.0, 140.0, 180.0]
    for mm in paper.COLUMNS.values():
        assert 12 * mm / paper.pixels(mm) / 25.4 * 72 == pytest.approx(7.2, abs=0.05)


SVG = """<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 416 312" width="88mm" height="66mm">
<title>t</title><metadata>{}</metadata><defs><clipPath id="n0"><path d="M0 0L100 0L100 312L0 312Z"/></clipPath></defs>
<rect width="416" height="312" fill="#ffffff"/>
<g clip-path="url(#n0)"><path d="M50 150L400 150" stroke="#ff0000" stroke-width="40" fill="none"/></g>
<path d="M0 250L416 250" stroke="#0000ff" stroke-width="40" fill="none" stroke-opacity="0.5"/>
<line transform="translate(38,10)" x2="0" y2="284" stroke="#00ff00" stroke-width="1"/>
<path d="" stroke="#0000ff" fill="none"/>
<text x="9" y="20" font-family="Source Sans" font-size="12" fill="#ffffff"><tspan x="9" fill="#ffffff">73.9</tspan>
<tspan x="9" dy="12" fill="#ffffff">± 0.2</tspan></text>
<text x="10" y="60" font-family="Source Sans" font-size="12" fill="#1b2430">edge 3←1: Kendall’s τ ≤ 0.9</text>
<text x="10" y="90" font-family="Source Sans" font-size="12" font-weight="bold" fill="#1b2430">bold</text></svg>"""


def test_a_pdf_has_the_width_of_the_column_and_its_text_and_fonts():
    import pypdf

    from ui import pdf

    page = pypdf.PdfReader(io.BytesIO(pdf.convert(SVG, 88.0, "A figure", "where from"))).pages[0]
    assert page.mediabox.width * 25.4 / 72 == pytest.approx(88.0, abs=0.01)
    said = page.extract_text()
    assert "edge 3←1: Kendall’s τ ≤ 0.9" in said and "bold" in said and "73.9" in said and "± 0.2" in said
    fonts = [font.get_object() for font in page["/Resources"]["/Font"].values()]
    descendants = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert len(fonts) == 2 and all("/FontFile2" in descriptor for descriptor in descendants)  # carried by the file
    words = page.get_contents().get_data().split()
    assert words.count(b"W") == 1  # the clip of the group
    assert b"0 1 0 RG" in page.get_contents().get_data()  # a line as Vega writes it, which does not say ends at 0


def test_what_is_not_a_figure_is_refused_in_a_sentence():
    from ui import pdf

    for text in ("", "<svg/>", "<svg viewBox='0 0 a b'/>"):
        with pytest.raises(ValueError, match="cannot be read as SVG"):
            pdf.convert(text, 88.0, "", "")
