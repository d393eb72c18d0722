print("final=1")
