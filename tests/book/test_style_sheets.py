"""The site's one style sheet: rules that some page can use, in their order, with addresses that lead somewhere."""

import pytest
import style_sheets
import tinycss2

WORDS = {"used", "also", "place"}


def pruned(css):
    rules = tinycss2.parse_stylesheet(css, skip_comments=True, skip_whitespace=True)
    return style_sheets.pruned(rules, WORDS).replace("\n", "")


@pytest.mark.parametrize(
    ("css", "left"),
    [
        (".used{a:b}", ".used{a:b}"),
        (".other{a:b}", ""),
        (".used.other{a:b}", ""),
        (".used .also>p{a:b}", ".used .also>p{a:b}"),
        (".other,.used{a:b}", ".used{a:b}"),
        ("#place{a:b}#nowhere{a:b}", "#place{a:b}"),
        ("p,[data-x=other]{a:b}", "p,[data-x=other]{a:b}"),
        (".used:not(.other){a:b}", ".used:not(.other){a:b}"),
        ("@media print{.other{a:b}.used{a:b}}", "@media print{.used{a:b}}"),
        ("@media print{.other{a:b}}", ""),
        (":root{--x:1}/* why */", ":root{--x:1}"),
        ("@font-face{font-family:X}", "@font-face{font-family:X}"),
        (".used{a:b}.also{a:c}", ".used{a:b}.also{a:c}"),
    ],
)
def test_rules_that_no_page_can_use_are_left_out(css, left):
    assert pruned(css) == left


def test_a_sheet_that_is_not_css_is_refused():
    with pytest.raises(ValueError, match="at 1:"):
        pruned(".used")


def test_addresses_and_imports_are_those_of_the_new_place(tmp_path):
    (tmp_path / "styles").mkdir()
    (tmp_path / "basic.css").write_text(".basic{background:url(file.png)}")
    sheet = tmp_path / "styles/theme.css"
    sheet.write_text('@import "../basic.css";a{src:url(../font.woff2?v=1)}b{src:url("data:x")}')
    assert style_sheets.relative(sheet.read_text(), sheet, tmp_path) == (
        '.basic{background:url("file.png")}a{src:url("font.woff2")}b{src:url("data:x")}'
    )


def test_a_page_has_the_new_sheet_where_its_first_was_and_an_unknown_one_is_refused():
    page = """<head>
    <link href="../_static/styles/theme.css?digest=1" rel="stylesheet" />
    <link rel="stylesheet" type="text/css" href="../_static/course.css?v=2" />
    <link media="print" rel="stylesheet" type="text/css" href="../_static/print.css?v=3" />
</head>"""
    changed = style_sheets.linked(page, "site.css?v=4", "../")
    assert changed.split("\n")[1] == '    <link rel="stylesheet" href="../_static/site.css?v=4">'
    assert "course.css" not in changed
    assert "print.css" in changed
    assert style_sheets.linked(changed, "site.css?v=4", "../") == changed
    with pytest.raises(ValueError, match=r"does not know: \['new.css'\]"):
        style_sheets.linked(page.replace("course.css", "new.css"), "site.css?v=4", "../")
