"""Of similar incidents."""

from shared.texts.text import Text

TEXTS = {
    "outcome.solved_by_people": Text("resolvido por pessoas", "resolved by people"),
    "similar.item": Text(
        "{number}, {percent} % semelhante: {title} ({service}). {outcome}. {helped}",
        "{number}, {percent} % similar: {title} ({service}). {outcome}. {helped}",
    ),
    "similar.helped": Text("O que ajudou: {what}", "What helped: {what}"),
    "similar.tried": Text("O que se tentou: {what}", "What was tried: {what}"),
    "similar.nothing_done": Text("Nada foi executado.", "Nothing was run."),
    "similar.none": Text(
        "Nenhum dos {count} incidentes lembrados é semelhante.",
        "None of the {count} remembered incidents is similar.",
    ),
}
