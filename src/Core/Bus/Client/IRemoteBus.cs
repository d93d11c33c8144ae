namespace VirtHandover.Bus.Client;

/// <summary>The system bus of another machine, and what leads to it.</summary>
public interface IRemoteBus
{
    /// <summary>Opens the way there.</summary>
    /// <returns>What is written to it the bus reads, and the other way round. Disposed of, it ends with all that it needed, whoever reads it then.</returns>
    /// <exception cref="System.ComponentModel.Win32Exception">A program for it cannot be started.</exception>
    Stream Open();

    /// <summary>Finds out why the bus could not be reached: from the way itself only its end can be seen.</summary>
    /// <param name="cancellationToken">Gives up looking.</param>
    /// <returns>Sentences: which machine, what failed, what to do next.</returns>
    Task<string> ExplainAsync(CancellationToken cancellationToken);
}
