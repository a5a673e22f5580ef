module lab.example/market

go 1.24
