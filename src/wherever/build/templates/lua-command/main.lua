-- The files of this folder lie in /package for the program, where they can only be read.
local greet = dofile("/package/greet.lua")

print(greet(arg[1] or "world"))
