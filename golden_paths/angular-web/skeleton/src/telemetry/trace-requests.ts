import { HttpErrorResponse, HttpInterceptorFn, HttpResponse } from '@angular/common/http';
import { inject } from '@angular/core';
import { type Span, SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { finalize, tap } from 'rxjs';
import { SETTINGS } from '../settings';
import { Telemetry } from './telemetry';

/** A client span for each request; our API, and nobody else, gets its context (W3C `traceparent`). */
export const traceRequests: HttpInterceptorFn = (request, next) => {
  const tracer = inject(Telemetry).tracer;
  if (!tracer) return next(request);
  const url = new URL(request.url, document.baseURI);
  const span = tracer.startSpan(request.method, {
    kind: SpanKind.CLIENT,
    // No query: it may carry personal data.
    attributes: {
      'http.request.method': request.method,
      'server.address': url.hostname,
      'url.path': url.pathname,
    },
  });
  const traced = isOurs(url, inject(SETTINGS).apiUrl)
    ? request.clone({ setHeaders: { traceparent: traceparent(span) } })
    : request;
  return next(traced).pipe(
    tap({
      next: (event) => {
        if (event instanceof HttpResponse)
          span.setAttribute('http.response.status_code', event.status);
      },
      error: (error: unknown) => {
        const status = error instanceof HttpErrorResponse ? error.status : 0;
        if (status) span.setAttribute('http.response.status_code', status);
        span.setStatus({ code: SpanStatusCode.ERROR });
      },
    }),
    finalize(() => span.end()),
  );
};

function isOurs(url: URL, apiUrl: string): boolean {
  return url.origin === location.origin || (!!apiUrl && url.origin === new URL(apiUrl).origin);
}

function traceparent(span: Span): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  return `00-${traceId}-${spanId}-${traceFlags.toString(16).padStart(2, '0')}`;
}
