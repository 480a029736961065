"""What a killed engine leaves behind, and how it goes: locks, processes, pending operations, orphans."""
