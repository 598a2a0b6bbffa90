"""How events come in: by webhook or by stream, stored together with the job that works them."""
