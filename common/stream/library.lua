#!lua name=ark_1
