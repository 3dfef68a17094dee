import { DestroyRef, Injectable, inject } from '@angular/core';
import type { Tracer } from '@opentelemetry/api';
import { SETTINGS } from '../settings';

/**
 * Traces of this page, sent as OTLP where the environment names an address for them.
 *
 * The OpenTelemetry packages come in afterwards, in a bundle of their own, and only for page views that
 * are traced: the first page waits for none of it, and a page without telemetry never loads it.
 */
@Injectable({ providedIn: 'root' })
export class Telemetry {
  private readonly settings = inject(SETTINGS);
  private readonly destroyed = inject(DestroyRef);
  private started: Promise<void> | undefined;

  /** Set once tracing runs; requests made before that are not traced. */
  tracer: Tracer | undefined;

  start(random: () => number = Math.random): Promise<void> {
    return (this.started ??= this.load(random));
  }

  private async load(random: () => number): Promise<void> {
    const { telemetryUrl, sampleRatio } = this.settings;
    if (!telemetryUrl || random() >= sampleRatio) return;
    try {
      const { startTracing } = await import('./tracing');
      const tracing = startTracing(this.settings);
      this.tracer = tracing.tracer;
      this.destroyed.onDestroy(() => void tracing.stop().catch(() => undefined));
    } catch (error) {
      console.warn('Tracing could not be started.', error); // the page is worth more than its traces
    }
  }
}
