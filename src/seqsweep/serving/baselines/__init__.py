"""What baselines of forecasts say of rows: the same code where they are scored and where they are served."""
