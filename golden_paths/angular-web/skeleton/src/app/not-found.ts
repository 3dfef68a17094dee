import { Component } from '@angular/core';
import { RouterLink } from '@angular/router';

@Component({
  selector: 'app-not-found',
  imports: [RouterLink],
  template: `
    <h1 i18n="@@not-found.title">Page not found</h1>
    <p><a routerLink="/" i18n="@@not-found.home">Go to the first page</a></p>
  `,
})
export class NotFound {}
