import { Component, computed, inject } from '@angular/core';
import { SETTINGS } from '../settings';
import { Health } from './health';

/** The first page: what this service is for and whether it is well. */
@Component({
  selector: 'app-home',
  templateUrl: './home.html',
})
export class Home {
  protected readonly settings = inject(SETTINGS);
  protected readonly health = inject(Health);

  protected readonly stateText = computed(() => {
    switch (this.health.state()) {
      case 'checking':
        return $localize`:@@health.checking:Checking`;
      case 'pass':
        return $localize`:@@health.pass:Working`;
      case 'warn':
        return $localize`:@@health.warn:Working with limits`;
      case 'fail':
        return $localize`:@@health.fail:Not working`;
      case 'unknown':
        return $localize`:@@health.unknown:Unknown: no answer that can be read`;
    }
  });
}
