"""What is watched before it is a problem: anomalies, forecasts, and what is usual. Pure."""
