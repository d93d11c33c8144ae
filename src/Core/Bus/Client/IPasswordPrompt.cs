namespace VirtHandover.Bus.Client;

/// <summary>Makes it possible to ask the person at this client for a password, when polkit wants one.</summary>
public interface IPasswordPrompt
{
    /// <summary>Gets ready; the question itself is polkit's.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when nobody can be asked here.</returns>
    Task<bool> OpenAsync(CancellationToken cancellationToken);
}
