# Sums the calls of functions whose name matches p in a callgrind profile. Names are given once, then by number.
/^c?fn=/ {
    called = /^cfn=/
    match($0, /\([0-9]+\)/)
    id = substr($0, RSTART, RLENGTH)
    rest = substr($0, RSTART + RLENGTH + 1)
    if (rest != "") name[id] = rest
    if (called) callee = id
}
/^calls=/ {
    split(substr($0, 7), part, " ")
    count[callee] += part[1]
}
END {
    for (id in count) if (name[id] ~ p) sum += count[id]
    print sum + 0
}
