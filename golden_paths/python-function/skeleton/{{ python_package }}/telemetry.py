"""OpenTelemetry: to Application Insights and, over OTLP, to Dynatrace; each when its settings are there.

APPLICATIONINSIGHTS_CONNECTION_STRING   set by Terraform; the app signs in with its managed identity
OTEL_EXPORTER_OTLP_ENDPOINT             https://<environment>.live.dynatrace.com/api/v2/otlp
OTEL_EXPORTER_OTLP_HEADERS              Authorization=Api-Token%20..., a Key Vault reference
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor


_NOT_USED = ("django", "fastapi", "flask", "psycopg2", "requests", "urllib", "urllib3")
"""Libraries whose instrumentation would only slow a cold start; the Azure clients' own stays."""


def start_telemetry(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Start what is configured and say which: a list of "otlp" and "application_insights"."""
    otlp = bool(environment.get("OTEL_EXPORTER_OTLP_ENDPOINT"))
    insights = bool(environment.get("APPLICATIONINSIGHTS_CONNECTION_STRING"))
    processors = [_otlp_processor()] if otlp else []
    if insights:
        from azure.identity import DefaultAzureCredential
        from azure.monitor.opentelemetry import configure_azure_monitor

        configure_azure_monitor(
            credential=DefaultAzureCredential(),
            span_processors=processors,
            instrumentation_options={name: {"enabled": False} for name in _NOT_USED},
        )
    elif otlp:
        from opentelemetry import trace
        from opentelemetry.sdk.trace import TracerProvider

        provider = TracerProvider()
        for processor in processors:
            provider.add_span_processor(processor)
        trace.set_tracer_provider(provider)
    return ["otlp"] * otlp + ["application_insights"] * insights


def _otlp_processor() -> SpanProcessor:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    return BatchSpanProcessor(OTLPSpanExporter())
