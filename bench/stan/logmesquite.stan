data {
  int<lower=0> N; vector[N] weight; vector[N] diam1; vector[N] diam2; vector[N] canopy_height; vector[N] total_height;
  vector[N] density; vector[N] group;
}
transformed data {
  vector[N] log_weight = log(weight); vector[N] l1 = log(diam1); vector[N] l2 = log(diam2);
  vector[N] l3 = log(canopy_height); vector[N] l4 = log(total_height); vector[N] l5 = log(density);
}
parameters { vector[7] beta; real<lower=0> sigma; }
model {
  log_weight ~ normal(beta[1] + beta[2] * l1 + beta[3] * l2 + beta[4] * l3 + beta[5] * l4 + beta[6] * l5 + beta[7] * group, sigma);
}
