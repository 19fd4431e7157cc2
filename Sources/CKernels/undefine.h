// After the last template of one width, before the first of the next.
#undef SUFFIX
#undef LANES
#undef I
#undef V
#undef F
#undef A
#undef B
#undef DOT
