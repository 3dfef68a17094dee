"""Whether an action helped, and what shows it."""

from shared.texts.text import Text

TEXTS = {
    "proof.recovered": Text(
        "problema encerrado no Dynatrace e {samples} medições dentro dos limites",
        "problem closed in Dynatrace and {samples} samples within bounds",
    ),
    "proof.state_unknown": Text(
        "o Dynatrace não informa se o problema foi encerrado",
        "Dynatrace does not say whether the problem is closed",
    ),
    "proof.still_open": Text(
        "o problema continua aberto no Dynatrace", "the problem is still open in Dynatrace"
    ),
    "proof.others_open": Text(
        "outros problemas deste incidente continuam abertos", "other problems of this incident are still open"
    ),
    "proof.out_of_bounds": Text(
        "só {within_bounds} de {samples} medições da janela de estabilização estão dentro dos limites",
        "only {within_bounds} of {samples} samples of the stabilisation window lie within bounds",
    ),
    "proof.few_samples": Text(
        "só {samples} medições na janela de estabilização, de pelo menos {min_samples}",
        "only {samples} samples in the stabilisation window, of at least {min_samples}",
    ),
    "proof.late": Text(
        "as medições pararam de chegar antes do fim da janela de estabilização",
        "samples stopped coming before the end of the stabilisation window",
    ),
    "proof.too_soon": Text(
        "ainda não passou uma janela de estabilização inteira desde a ação",
        "a whole stabilisation window has not passed since the action",
    ),
    "proof.not_judged": Text(
        "um indicador necessário não pode ser avaliado: não há medições de antes nem limite configurado",
        "an indicator that is needed cannot be judged: no samples from before, and no configured bound",
    ),
    "proof.of": Text("{name}: {found}", "{name}: {found}"),
    "proof.of.samples": Text(
        "{within} de {samples} medições {bounds}", "{within} of {samples} samples {bounds}"
    ),
    "proof.of.usual": Text(" (antes do problema: {usual})", " (before the problem: {usual})"),
    "proof.of.few_samples": Text(
        ", de pelo menos {needed} que são necessárias", ", of at least {needed} that are needed"
    ),
    "proof.of.late": Text(", e depois nenhuma", ", and none after them"),
    "proof.of.not_judged": Text("não avaliado, sem medições de antes", "not judged, no samples from before"),
    "proof.up_to": Text("até {high}", "up to {high}"),
    "proof.from": Text("a partir de {low}", "from {low}"),
    "proof.between": Text("de {low} a {high}", "from {low} to {high}"),
    "proof.on.HOST": Text("{signal} do host", "{signal} of the host"),
    "proof.on.PROCESS_GROUP_INSTANCE": Text("{signal} do processo", "{signal} of the process"),
}
