from bulk import main

main()
