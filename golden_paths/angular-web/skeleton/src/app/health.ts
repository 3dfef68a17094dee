import { httpResource } from '@angular/common/http';
import { Injectable, computed } from '@angular/core';

/** /health.json, in the words of the health+json draft. */
export interface HealthDocument {
  readonly status: 'pass' | 'warn' | 'fail';
  readonly service: string;
  readonly environment: string;
  readonly version: string;
}

export type HealthState = 'checking' | 'pass' | 'warn' | 'fail' | 'unknown';

/** Whether this service is well. No answer and an answer nobody understands are 'unknown', never 'pass'. */
@Injectable({ providedIn: 'root' })
export class Health {
  private readonly document = httpResource<HealthDocument>(() => 'health.json');

  readonly state = computed<HealthState>(() => {
    if (this.document.isLoading()) return 'checking';
    if (!this.document.hasValue()) return 'unknown';
    const status = this.document.value()?.status;
    return status === 'pass' || status === 'warn' || status === 'fail' ? status : 'unknown';
  });

  check(): void {
    this.document.reload();
  }
}
