"""Documents as Markdown, and back: what was written can be shown in another form, and nothing in it is markup."""

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.markdown import Document, Line, Section, read, render
from shared.domain.plain import address, plain

TEXT = st.text(max_size=60)
LINES = st.builds(
    Line,
    st.text(min_size=1, max_size=60),
    TEXT,
    st.sampled_from(["", "https://x.example/a?b=1", "javascript:x"]),
)
DOCUMENTS = st.builds(
    Document, TEXT, st.lists(st.builds(Section, TEXT, st.lists(LINES, max_size=4)), max_size=4)
)


def words(line: Line) -> Line:
    return Line(plain(line.text, 1000), plain(line.label), address(line.link))


@given(DOCUMENTS)
def test_what_was_written_is_read_again(document: Document) -> None:
    again = read(render(document, "none"))

    assert again.title == plain(document.title, 1000)
    assert [section.heading for section in again.sections] == [
        plain(one.heading) for one in document.sections
    ]
    written = [[words(line) for line in section.lines] for section in document.sections]
    shown = [list(section.lines) for section in again.sections]
    assert shown == [[line for line in lines if any(line)] or [Line("none")] for lines in written]


def test_an_address_in_somebody_s_words_is_no_link() -> None:
    document = Document("t", [Section("s", [Line("see https://evil.example/x")])])

    (line,) = read(render(document, "none")).sections[0].lines

    assert (line.text, line.link) == ("see hxxps://evil.example/x", "")


def test_what_nobody_wrote_is_read_as_words() -> None:
    (section,) = read("## Notes\n<script>alert(1)</script>\n\n- **half bold\n").sections

    assert [line.text for line in section.lines] == ["<script>alert(1)</script>", ""]
