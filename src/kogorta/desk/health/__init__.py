"""How the desk is doing: health for a balancer, metrics for Prometheus."""
