import type { Tracer } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, type SpanExporter, TracerProvider } from '@opentelemetry/sdk-trace';
import type { Settings } from '../settings';

export interface Tracing {
  readonly tracer: Tracer;
  /** Send what is left, then end. */
  stop(): Promise<void>;
}

/** Start tracing and record how long the page took to load, from the browser's own timing. */
export function startTracing(
  settings: Settings,
  exporter: SpanExporter = new OTLPTraceExporter({ url: settings.telemetryUrl }),
  performance: Performance = window.performance,
): Tracing {
  const provider = new TracerProvider({
    resource: resourceFromAttributes({
      'service.name': settings.service,
      'service.version': settings.version,
      'deployment.environment.name': settings.environment,
    }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  });
  const tracer = provider.getTracer('web');
  recordPageLoad(tracer, performance);
  return { tracer, stop: () => provider.shutdown() };
}

function recordPageLoad(tracer: Tracer, performance: Performance): void {
  const [page] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
  if (!page) return;
  const at = (offset: number) => performance.timeOrigin + offset;
  const span = tracer.startSpan('page load', {
    startTime: at(page.fetchStart),
    attributes: { 'url.path': new URL(page.name).pathname },
  });
  span.addEvent('response received', {}, at(page.responseEnd));
  span.addEvent('content loaded', {}, at(page.domContentLoadedEventEnd));
  span.end(at(page.loadEventEnd || page.domContentLoadedEventEnd || page.responseEnd));
}
