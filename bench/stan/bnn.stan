data { int<lower=0> N; matrix[N, 1] x; vector[N] y; real<lower=0> noise_sd; }
parameters { matrix[1, 50] w1; row_vector[50] b1; vector[50] w2; real b2; }
model {
  to_vector(w1) ~ normal(0, 1); b1 ~ normal(0, 1); w2 ~ normal(0, 1); b2 ~ normal(0, 1);
  y ~ normal(tanh(x * w1 + rep_matrix(b1, N)) * w2 + b2, noise_sd);
}
