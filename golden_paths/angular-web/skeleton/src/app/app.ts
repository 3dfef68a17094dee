import { Component, LOCALE_ID, inject } from '@angular/core';
import { RouterLink, RouterOutlet } from '@angular/router';
import { SETTINGS } from '../settings';
import { LanguageChoice } from './language-choice';

/** The frame of every page: skip link, service name, choice of language, footer. */
@Component({
  selector: 'app-root',
  imports: [RouterOutlet, RouterLink, LanguageChoice],
  templateUrl: './app.html',
})
export class App {
  protected readonly settings = inject(SETTINGS);
  protected readonly locale = inject(LOCALE_ID);

  /** A plain `#content` link would leave the route, since addresses are relative to <base>. */
  protected skip(event: Event, content: HTMLElement): void {
    event.preventDefault();
    content.focus();
  }
}
