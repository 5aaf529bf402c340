import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsBoolean, IsNotEmpty, IsOptional, IsString } from 'class-validator';

/** Body of `POST /v1/device/orders`. */
export class CreateOrderDto {
  @ApiProperty({
    description: "PKCS #10 certification request for the device's own name (and `*.` below it): PEM, or DER in base64",
    example: '-----BEGIN CERTIFICATE REQUEST-----\nMIH…\n-----END CERTIFICATE REQUEST-----\n',
  })
  @IsString({ message: 'csr must be a string: a CSR in PEM, or its DER in base64' })
  @IsNotEmpty({ message: 'csr must not be empty: send a CSR in PEM, or its DER in base64' })
  csr: string;

  @ApiPropertyOptional({
    description: 'May the server renew for the same key when the device does not come for its renewal?',
    default: true,
  })
  @IsOptional()
  @IsBoolean({ message: 'renewWhileAway must be true or false' })
  renewWhileAway?: boolean;
}
