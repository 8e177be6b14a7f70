"""The standard texts as templates say what the standard letter says."""

from delivery.letter import write
from partners.sheet import Column, Ticks
from partners.templating import compile_template, facts, standard, targets
from tests.delivery.letters import CELLS, LEAD, NOW, parcel

COLUMNS = tuple(Column(cell.key, cell.label, cell.type) for cell in CELLS)
SOME = Ticks(False, frozenset({"amount", "address.city"}))


def rendered(source: str, *, html: bool = False) -> str:
    cells = (*facts(LEAD, "solar-lead", NOW), *CELLS)
    return compile_template(source, targets(COLUMNS), html=html).render(cells)


def test_subject_and_body_are_the_standard_letters() -> None:
    letter = write(parcel())
    assert rendered(standard.subject(COLUMNS, Ticks(), "first_name")) == letter.subject
    written = rendered(standard.body(COLUMNS, Ticks(), "first_name", html=False))
    # The letter itself indents the further lines of a value.
    assert written.rstrip() == letter.text.replace("\n  second", "\nsecond").rstrip()


def test_only_ticked_fields_are_named() -> None:
    body = standard.body(COLUMNS, SOME, "first_name", html=True)
    assert "lead.amount" in body
    assert "lead.address.city" in body
    assert "first_name" not in body
    assert "address.street" not in body
    compile_template(body, targets(COLUMNS, SOME), html=True)


def test_label_cannot_be_read_as_a_template() -> None:
    column = Column("odd", "{{ lead.secret }} <b>", "text")
    assert standard.body([column], Ticks(), "", html=True).count("{{") == 2
    assert "&lt;b&gt;" in standard.body([column], Ticks(), "", html=True)
