"""A cell as SVG: valid XML that says in words and in colours what the architecture is."""

import itertools
import xml.etree.ElementTree as ElementTree

import pytest

from nas_core.charts import cell, shapes
from nas_core.spaces.macro import Macro
from nas_core.spaces.size import Size
from nas_core.spaces.topology import OPS, Topology

NS = {"s": "http://www.w3.org/2000/svg"}
CELLS, SIZES = Topology(), Size()
BEST = "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|skip_connect~0|nor_conv_3x3~1|nor_conv_1x1~2|"


def drawn(space, arch, **more):
    return ElementTree.fromstring(cell.svg(space, arch, **more))


def edges(picture):
    return picture.findall(".//s:g[@class='edge']", NS)


def labels(picture):
    return [edge.find("s:text", NS).text for edge in edges(picture)]


def test_every_edge_is_labelled_and_coloured_with_its_operation():
    arch = CELLS.parse(BEST)
    picture = drawn(CELLS, arch)
    assert labels(picture) == [Topology.short(OPS[op]) for op in arch]
    assert [e.find("s:rect", NS).get("fill") for e in edges(picture)] == [Topology.colours[OPS[op]] for op in arch]
    assert [e.get("data-decision") for e in edges(picture)] == list("012345")


def test_its_ends_have_the_numbers_by_which_edges_are_called():
    nodes = [t.text for t in drawn(CELLS, CELLS.parse(BEST)).findall("s:text", NS)]
    assert nodes == ["in", "1", "2", "out", "0", "3"] and CELLS.decisions[-1] == "3←2"


def test_it_is_an_image_with_a_spoken_description():
    picture = drawn(CELLS, CELLS.parse(BEST))
    assert picture.get("role") == "img"
    assert picture.get("aria-label") == (
        "Cell: node 1 is conv 3×3 of input; node 2 is conv 3×3 of input plus conv 3×3 of node 1; "
        "output is skip of input plus conv 3×3 of node 1 plus conv 1×1 of node 2"
    )


def test_text_takes_the_colour_of_the_page():
    fills = {t.get("fill") for t in drawn(CELLS, CELLS.parse(BEST)).findall(".//s:text", NS)}
    assert fills == {"currentColor", shapes.INK}  # nodes follow the theme; labels stand on their operation's colour


def test_what_cannot_reach_the_output_is_faded():
    dead_end = CELLS.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|skip_connect~0|none~1|none~2|")
    faded = [edge.find("s:g", NS).get("opacity") is not None for edge in edges(drawn(CELLS, dead_end))]
    assert faded == [True, True, True, False, True, True]


def test_changed_decisions_are_outlined_and_no_others():
    outlined = [e.find("s:rect", NS).get("stroke") for e in edges(drawn(CELLS, (3,) * 6, changed=(1, 4)))]
    assert outlined == [None, "currentColor", None, None, "currentColor", None]


def test_labels_overlap_neither_each_other_nor_the_nodes():
    boxes = []
    picture = drawn(CELLS, (3,) * 6)  # the widest label on every edge
    for r in picture.findall(".//s:rect", NS):
        x, y, w, h = (float(r.get(k)) for k in ("x", "y", "width", "height"))
        boxes.append((x, x + w, y, y + h))
    for c in picture.findall(".//s:circle", NS):
        x, y, radius = (float(c.get(k)) for k in ("cx", "cy", "r"))
        boxes.append((x - radius, x + radius, y - radius, y + radius))
    for a, b in itertools.combinations(boxes, 2):
        assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] or b[3] <= a[2], (a, b)
    width, height = (float(picture.get(k)) for k in ("width", "height"))
    assert all(x0 >= 0 and y0 >= 0 and x1 <= width and y1 <= height for x0, x1, y0, y1 in boxes)


@pytest.mark.parametrize("index", [0, 1, 1462, 9930, 15624])
def test_any_cell_is_valid_xml_on_one_line(index):
    text = cell.svg(CELLS, CELLS.arch(index))
    assert "\n" not in text  # or markdown would break it up
    assert len(edges(ElementTree.fromstring(text))) == 6


def test_widths_are_bars_as_high_as_the_layer_is_wide():
    picture = drawn(SIZES, SIZES.parse("8:16:64:24:40"), changed=(2,))
    bars = [edge.findall("s:rect", NS)[1] for edge in edges(picture)]
    heights = [float(bar.get("height")) for bar in bars]
    assert heights == pytest.approx([118 * w / 64 for w in (8, 16, 64, 24, 40)], abs=0.06)
    assert labels(picture) == ["8", "16", "64", "24", "40"]
    assert [bar.get("stroke") for bar in bars] == [None, None, "currentColor", None, None]
    assert picture.get("aria-label").startswith("Widths: cell 1 is 8 wide; reduction 1 is 16 wide")


def test_what_an_architecture_is_called():
    assert CELLS.noun == "cell"
    assert SIZES.noun == "network"


def test_a_long_chain_of_blocks_is_drawn_in_rows_that_can_be_read():
    macro = Macro()
    root = ElementTree.fromstring(cell.svg(macro, macro.parse("22212220"), changed=(3,)))
    blocks = [group for group in root if group.get("class") == "edge"]
    heights = {group[0].get("y") for group in blocks}
    assert float(root.get("width")) < 700 and len(blocks) == 8 and len(heights) == 2
    assert [group.get("data-decision") for group in blocks if group[0].get("stroke")] == ["3"]
