import { provideHttpClient } from '@angular/common/http';
import { HttpTestingController, provideHttpClientTesting } from '@angular/common/http/testing';
import { LOCALE_ID } from '@angular/core';
import { ComponentFixture, TestBed } from '@angular/core/testing';
import { provideRouter, Router } from '@angular/router';
import { SETTINGS, Settings } from '../settings';
import { App } from './app';
import { routes } from './app.routes';

const settings: Settings = {
  service: 'invoices',
  description: 'Invoices & <b>receipts</b>',
  environment: 'preview',
  version: '1.2.3',
  apiUrl: '',
  telemetryUrl: '',
  sampleRatio: 1,
};

describe('the page', () => {
  let fixture: ComponentFixture<App>;
  let page: HTMLElement;

  async function open(path: string): Promise<void> {
    TestBed.configureTestingModule({
      providers: [
        provideRouter(routes),
        provideHttpClient(),
        provideHttpClientTesting(),
        { provide: LOCALE_ID, useValue: 'en' },
        { provide: SETTINGS, useValue: settings },
      ],
    });
    fixture = TestBed.createComponent(App);
    page = fixture.nativeElement as HTMLElement;
    await TestBed.inject(Router).navigateByUrl(path);
    fixture.detectChanges();
  }

  async function healthAnswers(body: unknown, status = 200): Promise<string | undefined> {
    const request = TestBed.inject(HttpTestingController).expectOne('health.json');
    request.flush(body as object, { status, statusText: 'as told' });
    await fixture.whenStable();
    return page.querySelector('[role=status]')?.textContent?.trim();
  }

  it('says which service, version and environment it is', async () => {
    await open('/');
    await healthAnswers({ status: 'pass' });
    expect(page.querySelector('h1')?.textContent).toBe('invoices');
    expect(page.querySelector('footer')?.textContent).toContain('Version 1.2.3 in preview');
  });

  it('shows a description as text, whatever stands in it', async () => {
    await open('/');
    await healthAnswers({ status: 'pass' });
    expect(page.querySelector('main b')).toBeNull();
    expect(page.querySelector('main p')?.textContent).toBe('Invoices & <b>receipts</b>');
  });

  it.each([
    [{ status: 'pass' }, 200, 'Working'],
    [{ status: 'warn' }, 200, 'Working with limits'],
    [{ status: 'fail' }, 200, 'Not working'],
    [{ status: 'pass' }, 503, 'Unknown: no answer that can be read'],
    [{ status: 'perfect' }, 200, 'Unknown: no answer that can be read'],
    [null, 200, 'Unknown: no answer that can be read'],
  ])('reads the health document %j with status %i as "%s"', async (body, status, text) => {
    await open('/');
    expect(await healthAnswers(body, status)).toBe(text);
  });

  it('asks for its health again when told to', async () => {
    await open('/');
    await healthAnswers({ status: 'fail' });
    page.querySelector('button')!.click();
    await Promise.resolve();
    fixture.detectChanges();
    expect(await healthAnswers({ status: 'pass' })).toBe('Working');
  });

  it('leads to the first page from an address that does not exist', async () => {
    await open('/nowhere');
    expect(page.querySelector('h1')?.textContent).toBe('Page not found');
    expect(page.querySelector('main a')?.getAttribute('href')).toBe('/');
  });

  it('has one main region, one heading of the first level and a skip link that moves the focus', async () => {
    await open('/');
    await healthAnswers({ status: 'pass' });
    document.body.append(page);
    expect(page.querySelectorAll('main')).toHaveLength(1);
    expect(page.querySelectorAll('h1')).toHaveLength(1);
    page.querySelector<HTMLElement>('a.skip')!.click();
    expect(document.activeElement?.id).toBe('content');
  });

  it('marks the language it is in and remembers another', async () => {
    await open('/');
    const links = [...page.querySelectorAll<HTMLAnchorElement>('nav a')];
    expect(links.map((each) => [each.lang, each.getAttribute('aria-current')])).toEqual([
      ['en', 'true'],
      ['pt-BR', null],
    ]);
    links[1]!.addEventListener('click', (event) => event.preventDefault()); // jsdom cannot navigate
    links[1]!.click();
    expect(localStorage.getItem('locale')).toBe('pt-BR');
    localStorage.clear();
  });
});
