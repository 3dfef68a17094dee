import { HttpClient, provideHttpClient, withInterceptors } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { TestBed } from '@angular/core/testing';
import { SpanStatusCode } from '@opentelemetry/api';
import { InMemorySpanExporter } from '@opentelemetry/sdk-trace';
import { SETTINGS, Settings } from '../settings';
import { Telemetry } from './telemetry';
import { traceRequests } from './trace-requests';
import { Tracing, startTracing } from './tracing';

const settings: Settings = {
  service: 'invoices',
  description: '',
  environment: 'preview',
  version: '1.2.3',
  apiUrl: 'https://api.example.com/v1',
  telemetryUrl: 'https://collector.example.com/v1/traces',
  sampleRatio: 0.5,
};

describe('tracing', () => {
  let exporter: InMemorySpanExporter;
  let tracing: Tracing;

  beforeEach(() => {
    exporter = new InMemorySpanExporter();
    tracing = startTracing(settings, exporter, pageLoadedIn(120));
    TestBed.configureTestingModule({
      providers: [
        provideHttpClient(withInterceptors([traceRequests])),
        provideHttpClientTesting(),
        { provide: SETTINGS, useValue: settings },
        { provide: Telemetry, useValue: { tracer: tracing.tracer } },
      ],
    });
  });
  afterEach(() => tracing.stop());

  const finished = async () => {
    // Ending exports; the exporter forgets when it is shut down, so the spans are read while it is asked to.
    let spans = exporter.getFinishedSpans();
    const reset = vi.spyOn(exporter, 'reset').mockImplementation(() => {
      spans = exporter.getFinishedSpans();
    });
    await tracing.stop();
    reset.mockRestore();
    return spans;
  };

  it('records how long the page took to load, under the name of the service', async () => {
    const [span] = await finished();
    expect(span?.name).toBe('page load');
    expect(span?.duration).toEqual([0, 120_000_000]);
    expect(span?.resource.attributes['service.name']).toBe('invoices');
    expect(span?.resource.attributes['deployment.environment.name']).toBe('preview');
  });

  it.each([
    ['/health.json', true],
    ['https://api.example.com/v1/invoices?cpf=12345678909', true],
    ['https://elsewhere.example.org/', false],
  ])('of a request to %s hands on its context: %s', async (url, handsOn) => {
    TestBed.inject(HttpClient).get(url).subscribe();
    const { request } = TestBed.inject(HttpTestingController).expectOne(url);
    expect(request.headers.has('traceparent')).toBe(handsOn);
  });

  it('of a request keeps method, path and status, but no query', async () => {
    const url = 'https://api.example.com/v1/invoices?cpf=12345678909';
    TestBed.inject(HttpClient).get(url).subscribe();
    const sent = TestBed.inject(HttpTestingController).expectOne(url);
    sent.flush({});
    const span = (await finished()).find((each) => each.name === 'GET');
    expect(span?.attributes).toMatchObject({
      'http.request.method': 'GET',
      'url.path': '/v1/invoices',
      'http.response.status_code': 200,
    });
    expect(JSON.stringify(span?.attributes)).not.toContain('12345678909');
    expect(sent.request.headers.get('traceparent')).toBe(
      `00-${span?.spanContext().traceId}-${span?.spanContext().spanId}-01`,
    );
  });

  it('marks a request that failed', async () => {
    TestBed.inject(HttpClient)
      .get('/orders')
      .subscribe({ error: () => undefined });
    TestBed.inject(HttpTestingController)
      .expectOne('/orders')
      .flush('', { status: 503, statusText: 'Service Unavailable' });
    const span = (await finished()).find((each) => each.name === 'GET');
    expect(span?.status.code).toBe(SpanStatusCode.ERROR);
    expect(span?.attributes['http.response.status_code']).toBe(503);
  });
});

describe('telemetry', () => {
  const started = async (changes: Partial<Settings>, random: number) => {
    TestBed.configureTestingModule({
      providers: [{ provide: SETTINGS, useValue: { ...settings, ...changes } }],
    });
    const telemetry = TestBed.inject(Telemetry);
    await telemetry.start(() => random);
    return telemetry.tracer !== undefined;
  };

  it('runs for the sampled share of page views', async () => {
    expect(await started({}, 0.49)).toBe(true);
  });

  it('stays off outside the sampled share', async () => {
    expect(await started({}, 0.5)).toBe(false);
  });

  it('stays off where the environment names no address', async () => {
    expect(await started({ telemetryUrl: '', sampleRatio: 1 }, 0)).toBe(false);
  });
});

/** A browser's timing of one page load. */
function pageLoadedIn(ms: number): Performance {
  const page = {
    name: 'https://invoices.example.com/?lang=pt-BR',
    fetchStart: 0,
    responseEnd: ms / 2,
    domContentLoadedEventEnd: ms - 20,
    loadEventEnd: ms,
  };
  return {
    timeOrigin: 1_700_000_000_000,
    getEntriesByType: () => [page],
  } as unknown as Performance;
}
