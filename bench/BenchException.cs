namespace VirtHandover.Bench;

/// <summary>A part of the run could not be measured; the rest goes on. The message is a sentence.</summary>
internal class BenchException : Exception
{
    public BenchException(string message)
        : base(message)
    {
    }

    public BenchException(string message, Exception inner)
        : base(message, inner)
    {
    }
}
