build_debian() { fail not-yet; }
