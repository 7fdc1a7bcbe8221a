"""An SVG figure as one page of PDF: lines stay lines, and text stays text in a font that the file carries.

The font is that of the app, which comes with Streamlit as a variable WOFF2; the letters that occur are cut out of it.
"""

from __future__ import annotations

import io
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import streamlit

if TYPE_CHECKING:
    from fpdf import FPDF

SVG = "{http://www.w3.org/2000/svg}"
FAMILY = "Source Sans"
WEIGHTS = {"": 400, "B": 700}  # {style of fpdf2: weight}


def convert(svg: str, mm: float, title: str, about: str) -> bytes:
    """One page, `mm` wide, of an SVG as `assets/figure_file.js` writes it. ValueError if it cannot be read."""
    from fpdf import FPDF
    from fpdf.drawing import ClippingPath
    from fpdf.svg import SVGObject, svg_path_converter

    class Drawing(SVGObject):
        """Clips groups too, and by paths, which fpdf2 leaves out."""

        def build_clipping_path(self, shape: Any, clip_id: str | None) -> None:
            super().build_clipping_path(shape, clip_id)
            if shape.tag.endswith("}path"):
                clip = ClippingPath()
                svg_path_converter(clip, shape.attrib["d"])
                self.update_xref(clip_id, clip)

        def build_group(self, group: Any, pdf_group: Any = None, inherited_style: Any = None) -> Any:
            out = super().build_group(group, pdf_group, inherited_style)
            self.apply_clipping_path(out, group)  # type: ignore[arg-type]  # it sets a path that groups have too
            return out

    try:
        root = ElementTree.fromstring(svg)
        _, _, width, height = (float(v) for v in root.attrib["viewBox"].split())
    except (ElementTree.ParseError, KeyError, ValueError) as error:
        raise ValueError(f"the figure cannot be read as SVG: {error}") from None
    page = FPDF(unit="mm", format=(mm, mm * height / width))
    page.set_margin(0)
    page.set_auto_page_break(False)
    page.set_title(title)
    page.set_subject(about)
    page.set_creator("NAS Explorer")
    page.add_page()
    _fonts(page, "".join("".join(text.itertext()) for text in root.iter(f"{SVG}text")))
    page.set_font(FAMILY, size=12)
    _simplify(root)
    Drawing(ElementTree.tostring(root)).draw_to_page(page, 0, 0)
    return bytes(page.output())


def _simplify(root: ElementTree.Element) -> None:
    """Leave out what is not drawn, and what fpdf2 fails at: empty paths, greys of parts of a text, lines that do not
    say an end that is at 0."""
    for element in root.iter():
        for child in list(element):
            if child.tag in (f"{SVG}title", f"{SVG}metadata") or (child.tag == f"{SVG}path" and not child.get("d")):
                element.remove(child)
            elif child.tag == f"{SVG}tspan":
                child.attrib = dict(child.attrib.items() - element.attrib.items())
            elif child.tag == f"{SVG}line":
                child.attrib.update({end: child.get(end, "0") for end in ("x1", "y1", "x2", "y2")})


def _fonts(page: FPDF, text: str) -> None:
    """Give the page the letters of `text`."""
    with tempfile.TemporaryDirectory() as folder:
        for style, weight in WEIGHTS.items():
            path = Path(folder) / f"{weight}.ttf"
            _subset(path, text, weight)
            page.add_font(FAMILY, style, path)


def _subset(path: Path, text: str, weight: int) -> None:
    """Write the letters of `text`, in one weight, as TrueType."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont
    from fontTools.varLib import instancer

    font = TTFont(io.BytesIO(_source()))
    cutter = Subsetter(Options(hinting=False, notdef_outline=True))
    cutter.populate(text=text + " ?")
    cutter.subset(font)
    instancer.instantiateVariableFont(font, {"wght": weight}, inplace=True)
    font.save(path)


@cache
def _source() -> bytes:
    """The app's font, which Streamlit serves to the browser, without what takes seconds to read for each figure: it is
    unpacked, and has no kerning and no ligatures."""
    from fontTools.ttLib import TTFont

    media = Path(streamlit.__file__).parent / "static" / "static" / "media"
    font, out = TTFont(next(media.glob("SourceSansVF-Upright*.woff2"))), io.BytesIO()
    for layout in ("GDEF", "GPOS", "GSUB"):
        del font[layout]
    font.flavor = None
    font.save(out)
    return out.getvalue()
