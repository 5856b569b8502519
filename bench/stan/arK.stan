data { int<lower=0> K; int<lower=0> T; real y[T]; }
transformed data {
  matrix[T - K, K] lagged; vector[T - K] now;
  for (t in 1:(T - K)) { now[t] = y[t + K]; for (k in 1:K) lagged[t, k] = y[t + K - k]; }
}
parameters { real alpha; vector[K] beta; real<lower=0> sigma; }
model { alpha ~ normal(0, 10); beta ~ normal(0, 10); sigma ~ cauchy(0, 2.5); now ~ normal(alpha + lagged * beta, sigma); }
