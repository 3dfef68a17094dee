"""Of what watching services finds: anomalies, and saturation before it happens."""

from shared.texts.text import Text

TEXTS = {
    "anomaly.title": Text("{service}: {signal} fora do usual", "{service}: {signal} is unusual"),
    "anomaly.title.silence": Text("{service}: {signal} sem dados", "{service}: no data of {signal}"),
    "anomaly.value": Text("Agora", "Now"),
    "anomaly.expected": Text("Usual neste horário", "Usual at this hour"),
    "anomaly.since": Text("Desde", "Since"),
    "anomaly.kind": Text("Tipo", "Kind"),
    "anomaly.kind.spike": Text("pico", "spike"),
    "anomaly.kind.dip": Text("queda", "dip"),
    "anomaly.kind.shift": Text("mudança de nível", "shift of level"),
    "anomaly.kind.drift": Text("deriva lenta", "slow drift"),
    "anomaly.kind.silence": Text(
        "silêncio: sem tráfego ou sem monitoramento", "silence: no traffic, or no monitoring"
    ),
    "signal.latency": Text("tempo de resposta", "response time"),
    "signal.errors": Text("taxa de erros", "error rate"),
    "signal.throughput": Text("vazão", "throughput"),
    "signal.cpu": Text("CPU", "CPU"),
    "signal.memory": Text("memória", "memory"),
    "signal.indicator": Text("indicador do serviço", "the service's indicator"),
    "forecast.title.disk": Text(
        "{service}: disco vai encher ({resource})", "{service}: disk will fill up ({resource})"
    ),
    "forecast.title.memory": Text(
        "{service}: memória vai se esgotar ({resource})", "{service}: memory will run out ({resource})"
    ),
    "forecast.title.quota": Text(
        "{service}: cota vai se esgotar ({resource})", "{service}: quota will run out ({resource})"
    ),
    "forecast.title.certificate": Text(
        "{service}: certificado vai expirar ({resource})", "{service}: certificate will expire ({resource})"
    ),
    "forecast.text.expected": Text(
        (
            "Previsão: o limite de {limit} será atingido em {at} (em nove de cada dez casos, entre {early} e {late})."
            " Agora: {value}; crescimento por dia: {per_day}."
        ),
        (
            "Forecast: the limit of {limit} will be reached on {at} (in nine cases of ten between {early} and {late})."
            " Now: {value}; growth a day: {per_day}."
        ),
    ),
    "forecast.text.saturated": Text(
        "O limite de {limit} foi atingido. Agora: {value}.", "The limit of {limit} is reached. Now: {value}."
    ),
    "forecast.text.certificate": Text(
        "O certificado é válido até {at}: restam {value} dias.",
        "The certificate is valid until {at}: {value} days are left.",
    ),
    "forecast.at": Text("Limite em", "Limit on"),
    "forecast.value": Text("Agora", "Now"),
    "forecast.limit": Text("Limite", "Limit"),
    "forecast.never": Text("data incerta", "no certain date"),
    "forecast.over.freed": Text(
        "O recurso foi liberado ou ampliado: a previsão não vale mais.",
        "The resource was cleared or extended: the forecast does not hold any more.",
    ),
    "forecast.over.extended": Text(
        "O recurso foi ampliado ou renovado: a previsão não vale mais.",
        "The resource was extended or renewed: the forecast does not hold any more.",
    ),
    "forecast.over.flat": Text(
        "O crescimento parou: a previsão não vale mais.",
        "It stopped growing: the forecast does not hold any more.",
    ),
    "forecast.over.rising": Text(
        "O crescimento ficou mais lento: o limite não será atingido tão cedo.",
        "It grows more slowly: the limit will not be reached soon.",
    ),
    "forecast.over.sawtooth": Text(
        "O uso sobe e é liberado regularmente: a previsão não vale mais.",
        "It fills and is cleared regularly: the forecast does not hold any more.",
    ),
    "forecast.over.unwatched": Text(
        "O recurso não é mais observado.", "The resource is not watched any more."
    ),
    "do.look": Text("ver se ainda vale", "see whether it holds"),
    "do.record_anomaly": Text("publicar o evento", "record anomaly"),
    "do.announce_anomaly": Text("avisar no Teams", "tell Teams"),
    "do.record_forecast": Text("publicar o evento", "record forecast"),
    "do.announce_forecast": Text("avisar no Teams", "tell Teams"),
    "do.await_relief": Text("acompanhar a previsão", "follow the forecast"),
    "do.record_relief": Text("publicar o evento", "record relief"),
    "do.forget": Text("encerrar a previsão", "end the forecast"),
}
