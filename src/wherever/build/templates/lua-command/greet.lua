return function(name)
  return ("Hello, %s, from %s!"):format(name, _VERSION)
end
