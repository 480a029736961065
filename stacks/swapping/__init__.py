"""A swap as one guided change: what it costs, both sides up, data moved and compared, then the old side gone."""
