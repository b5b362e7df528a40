"""The public page: the declared units of the day, as QĐ 19/2014/QĐ-TTg wants them known, and nothing else."""
