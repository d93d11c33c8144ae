namespace VirtHandover.Detection;

/// <summary>Asks an emulator's file for its version.</summary>
internal interface IEmulatorProbe
{
    /// <summary>Asks it.</summary>
    /// <param name="path">The file, or the <c>exe</c> link of a process.</param>
    /// <param name="build">Its build.</param>
    /// <param name="processId">A process of the VM, as whose user it is run.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <returns>The version, or why there is none: the end of a sentence that begins with the file.</returns>
    Task<(EmulatorVersion? Version, string Failure)> AskAsync(string path, string build, int processId, CancellationToken cancellationToken);
}
