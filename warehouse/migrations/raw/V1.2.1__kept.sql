-- Tables that warehouse/kept.py computes from the views.

CREATE SCHEMA IF NOT EXISTS KEPT;
