namespace Interp.Cli;

/// <summary>How far work was when it was stopped.</summary>
/// <param name="Reason">In words, such as <c>stopped after 3 of 8 cells</c>.</param>
/// <param name="RowsExpected">Rows that the whole main table has; null = nobody can know.</param>
internal sealed record StoppedWork(string Reason, long? RowsExpected = null);
