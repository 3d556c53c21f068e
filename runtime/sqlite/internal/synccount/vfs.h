int synccount_register(const char *base);
long long synccount_count(void);
