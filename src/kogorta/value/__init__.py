"""What customers are worth: models of repeat purchases and spend, forecasts, back-tests, churn signals."""
