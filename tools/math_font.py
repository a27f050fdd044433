"""Make book/_static/formulas.woff2, the font of formulas, from New Computer Modern Math Book 4.0.

python tools/math_font.py NewCMMath-Book.otf    (needed only when a formula has a character that the font lacks)

The font is cut down to what a course like this writes, and changed in two ways; so it bears another name, as its
licence asks (formulas-font.txt beside it).
"""

import argparse
import unicodedata
from pathlib import Path

from fontTools import subset

NAME = "Course Math"
FONT = Path(__file__).parents[1] / "book/_static/formulas.woff2"
# ASCII and Latin-1; Greek; accents, dots, primes; letterlike; arrows; operators; brackets and braces; bold, italic and
# script letters, bold figures. What MathML does not show, such as U+2061, is left out.
CHARACTERS = (
    "20-7e a0 ac af b1 b7 d7 f7 2c6 2c7 2d9 2dc 302-304 307 391-3a9 3b1-3c9 3d1 3d5 3f5 2016 2026 2032 203e 20d7 "
    "2102 210b 210e 2110 2112 2113 2115 211b 211d 2124 212c 2130 2131 2133 2190-2195 21a6 21d0-21d4 2200-220b "
    "220f-2213 2215-221e 2223-222b 223c 2243 2245 2248 2254 2260 2261 2264 2265 226a 226b 2282 2283 2286 2287 "
    "2295-2299 229b 22a4 22a5 22c0-22c6 22ee-22f1 2308-230b 23de 23df 27e8 27e9 27f5-27fa 2a7d 2a7e 1d400-1d467 "
    "1d49c-1d4b5 1d6a8-1d71b 1d7ce-1d7d7"
)


def code_points():
    ends = [[int(end, 16) for end in part.split("-")] for part in CHARACTERS.split()]
    points = {point for part in ends for point in range(part[0], part[-1] + 1)}
    return {point for point in points if unicodedata.category(chr(point)) != "Cn"}  # without Unicode's own gaps


def make(source: Path, target: Path):
    options = subset.Options(flavor="woff2", hinting=False, desubroutinize=True, layout_features=[])
    options.drop_tables += ["FFTM", "PfEd", "GPOS", "GSUB"]
    font = subset.load_font(source, options)
    # A prime is an exponent: its form for exponents, not the one that is raised already.
    substitutions = [
        table.mapping if hasattr(table, "mapping") else {one: many[0] for one, many in table.alternates.items()}
        for record in font["GSUB"].table.FeatureList.FeatureRecord
        if record.FeatureTag == "ssty"
        for index in record.Feature.LookupListIndex
        for table in font["GSUB"].table.LookupList.Lookup[index].SubTable
    ]
    prime = font.getBestCmap()[0x2032]
    for table in font["cmap"].tables:
        if 0x2032 in table.cmap:
            table.cmap[0x2032] = next(table[prime] for table in substitutions if prime in table)
    # TeX lets an index hang from its letter's baseline, MathML from the foot of a μ or g: too low. This does for both.
    font["MATH"].table.MathConstants.SubscriptBaselineDropMin.Value = 20
    for record in font["name"].names:
        if record.nameID in (1, 4, 6, 16):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    top = font["CFF "].cff
    top.fontNames[0] = top[0].FullName = top[0].FamilyName = NAME.replace(" ", "")
    missing = code_points() - set(font.getBestCmap())
    if missing:
        raise ValueError(f"expected a font that has all characters, got one without {sorted(map(hex, missing))}")
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=code_points())
    cutter.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Make the font of formulas.")
    parser.add_argument("source", type=Path, help="NewCMMath-Book.otf")
    options = parser.parse_args()
    if not options.source.is_file():
        parser.error(f"expected the file NewCMMath-Book.otf, got {options.source}, which is not there")
    make(options.source, FONT)
