import { provideHttpClient, withFetch, withInterceptors } from '@angular/common/http';
import {
  ApplicationConfig,
  LOCALE_ID,
  inject,
  provideBrowserGlobalErrorListeners,
  provideEnvironmentInitializer,
  provideZonelessChangeDetection,
} from '@angular/core';
import { provideRouter } from '@angular/router';
import type { Locale } from '../locale/locale';
import { SETTINGS, Settings } from '../settings';
import { Telemetry } from '../telemetry/telemetry';
import { traceRequests } from '../telemetry/trace-requests';
import { routes } from './app.routes';

export function appConfig(locale: Locale, settings: Settings): ApplicationConfig {
  return {
    providers: [
      provideBrowserGlobalErrorListeners(),
      provideZonelessChangeDetection(),
      provideRouter(routes),
      provideHttpClient(withFetch(), withInterceptors([traceRequests])),
      provideEnvironmentInitializer(() => void inject(Telemetry).start()),
      { provide: LOCALE_ID, useValue: locale },
      { provide: SETTINGS, useValue: settings },
    ],
  };
}
