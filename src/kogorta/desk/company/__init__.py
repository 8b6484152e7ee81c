"""The company a desk works for: its name, zone, currency and scheme of segments."""
