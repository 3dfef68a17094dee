import { Routes } from '@angular/router';

export const routes: Routes = [
  { path: '', loadComponent: () => import('./home').then((m) => m.Home) },
  { path: '**', loadComponent: () => import('./not-found').then((m) => m.NotFound) },
];
