// Run me with: wherever run primes.js
const prime = (n) => { for (let d = 2; d * d <= n; d++) if (n % d === 0) return false; return n > 1; };
console.log("primes:", Array.from({ length: 50 }, (_, n) => n).filter(prime).join(" "));
